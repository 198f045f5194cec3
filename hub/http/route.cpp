#include <span>

#include <hub/files/resumable_record.hpp>
#include <hub/http/field.hpp>
#include <hub/http/route.hpp>

namespace hub::http {
namespace {

std::unexpected<refusal> refuse(unsigned status, std::string text) {
  return std::unexpected(refusal{status, std::move(text)});
}

// What follows "files": nothing, an empty piece, or a name.
std::expected<route, refusal> find_in_area(files::area where, std::span<const std::string> rest) {
  if (rest.empty() || (rest.size() == 1 && rest[0].empty()))
    return route{resource::listing, std::move(where), {}};
  if (rest.size() > 1) return refuse(404, "there are no folders among the files");
  auto name = files::file_name::parse(rest[0]);
  if (!name) return refuse(400, name.error());
  return route{resource::file, std::move(where), std::move(*name)};
}

}  // namespace

std::expected<route, refusal> find_route(const target& asked) {
  const std::span<const std::string> path(asked.segments);
  if (path.size() == 1 && path[0].empty()) return route{resource::home, files::area::common(), {}};
  if (path.size() == 1 && path[0] == "health") return route{resource::health, files::area::common(), {}};
  if (path.size() == 1 && path[0] == "irc") return route{resource::irc, files::area::common(), {}};
  if (path.size() == 2 && path[0] == "assets") return route{resource::asset, files::area::common(), {}};
  if (path[0] == "files") return find_in_area(files::area::common(), path.subspan(1));
  if (path.size() >= 3 && path[0] == "rooms" && path[2] == "files") {
    // Clients and proxies resolve these before anyone sees them; a room of that name is "%23..".
    if (path[1] == "." || path[1] == "..") return refuse(400, "the path contains a '.' or '..'");
    auto where = files::area::of_room(path[1]);
    if (!where) return refuse(400, "that cannot be the name of a room");
    return find_in_area(std::move(*where), path.subspan(3));
  }
  if (path[0] == "uploads" && path.size() <= 2) {
    const bool is_one = path.size() == 2 && !path[1].empty();
    if (!is_one) return route{resource::uploads, files::area::common(), {}};
    if (!files::is_resumable_id(path[1])) return refuse(404, "there is no such upload");
    return route{resource::upload, files::area::common(), {}, path[1]};
  }
  return refuse(404, "there is nothing here; see / for what there is");
}

std::string_view methods_of(resource what) {
  switch (what) {
    case resource::file:
      return "GET, HEAD, PUT, DELETE, OPTIONS";
    case resource::listing:
      return "GET, HEAD, POST, OPTIONS";
    case resource::uploads:
      return "POST, OPTIONS";
    case resource::upload:
      return "HEAD, PATCH, DELETE, OPTIONS";
    case resource::home:
    case resource::health:
    case resource::irc:
    case resource::asset:
      break;
  }
  return "GET, HEAD, OPTIONS";
}

bool allows(resource what, std::string_view method) {
  for (const auto each : split_list(methods_of(what))) {
    if (each == method) return true;
  }
  return false;
}

}  // namespace hub::http
