// For programs that are built without the page (-DLEAT_WEB=OFF).
#include <hub/http/web_asset.hpp>

namespace hub::http {

std::span<const web_asset> web_assets() {
  return {};
}

}  // namespace hub::http
