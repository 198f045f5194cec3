#include <cxxabi.h>
#include <dlfcn.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <leat/runtime/symbols.hpp>

#if defined(LEAT_HAS_LIBDW)
#include <elfutils/libdwfl.h>
#endif

namespace leat::runtime {
namespace {

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 && text ? text.get() : name;
}

#if defined(LEAT_HAS_LIBDW)

// The debug information of this process, read once.
class process_debug_info {
 public:
  process_debug_info() {
    callbacks_.find_elf = dwfl_linux_proc_find_elf;
    callbacks_.find_debuginfo = dwfl_standard_find_debuginfo;
    dwfl_ = dwfl_begin(&callbacks_);
    if (!dwfl_) return;
    if (dwfl_linux_proc_report(dwfl_, ::getpid()) != 0 || dwfl_report_end(dwfl_, nullptr, nullptr) != 0) {
      dwfl_end(dwfl_);
      dwfl_ = nullptr;
    }
  }
  ~process_debug_info() {
    if (dwfl_) dwfl_end(dwfl_);
  }
  process_debug_info(const process_debug_info&) = delete;
  process_debug_info& operator=(const process_debug_info&) = delete;

  bool find(std::uintptr_t address, code_location& found) {
    Dwfl_Module* module = dwfl_ ? dwfl_addrmodule(dwfl_, address) : nullptr;
    if (!module) return false;
    if (const char* name = dwfl_module_addrname(module, address)) found.function = demangle(name);
    if (Dwfl_Line* line = dwfl_module_getsrc(module, address)) {
      if (const char* file = dwfl_lineinfo(line, nullptr, &found.line, nullptr, nullptr, nullptr))
        found.file = file;
    }
    return !found.function.empty();
  }

 private:
  Dwfl_Callbacks callbacks_{};
  Dwfl* dwfl_ = nullptr;
};

bool find_in_debug_info(std::uintptr_t address, code_location& found) {
  static process_debug_info info;
  return info.find(address, found);
}

#else

bool find_in_debug_info(std::uintptr_t, code_location&) {
  return false;
}

#endif

code_location look_up(std::uintptr_t place) {
  code_location found;
  if (find_in_debug_info(place, found)) return found;
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(place), &info) != 0 && info.dli_sname) {
    found.function = demangle(info.dli_sname);
  } else {
    found.function = "??";
  }
  return found;
}

}  // namespace

const code_location& locate(std::uintptr_t place) {
  static std::mutex lock;  // libdw's handles are for one thread at a time, too
  static std::unordered_map<std::uintptr_t, code_location> known;
  const std::lock_guard guard(lock);
  const auto [entry, is_new] = known.try_emplace(place);
  if (is_new) entry->second = look_up(place);
  return entry->second;
}

}  // namespace leat::runtime
