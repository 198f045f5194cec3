#include <cxxabi.h>
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <leat/runtime/symbols.hpp>

#if defined(LEAT_HAS_LIBDW)
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#endif

namespace leat::runtime {
namespace {

// Types by the names under which people know them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> short_names{{
    {"std::chrono::time_point<std::chrono::_V2::steady_clock, std::chrono::duration<long, std::ratio<1l, "
     "1000000000l> > >",
     "leat::time_point"},
    {"std::chrono::duration<long, std::ratio<1l, 1000000000l> >", "std::chrono::nanoseconds"},
    {"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string"},
}};

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                         &std::free);
  if (status != 0 || !text) return name;
  std::string shortened = text.get();
  for (const auto& [from, to] : short_names) {
    for (auto at = shortened.find(from); at != std::string::npos; at = shortened.find(from, at + to.size()))
      shortened.replace(at, from.size(), to);
  }
  return shortened;
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

  std::vector<code_location> find(std::uintptr_t address) {
    std::vector<code_location> found;
    Dwfl_Module* module = dwfl_ ? dwfl_addrmodule(dwfl_, address) : nullptr;
    const char* name = module ? dwfl_module_addrname(module, address) : nullptr;
    if (!name) return found;
    code_location here;
    if (Dwfl_Line* line = dwfl_module_getsrc(module, address)) {
      if (const char* file = dwfl_lineinfo(line, nullptr, &here.line, nullptr, nullptr, nullptr))
        here.file = file;
    }
    add_inlined(module, address, here, found);
    here.function = demangle(name);
    found.push_back(std::move(here));
    return found;
  }

 private:
  using die_list = std::unique_ptr<Dwarf_Die, decltype(&std::free)>;

  // Adds the functions whose code stands at `address` within another's. `here` is the place in the innermost
  // one, and becomes the place in that other.
  static void add_inlined(Dwfl_Module* module, std::uintptr_t address, code_location& here,
                          std::vector<code_location>& found) {
    Dwarf_Addr bias = 0;
    Dwarf_Die* unit = dwfl_module_addrdie(module, address, &bias);
    Dwarf_Files* files = nullptr;
    if (!unit || dwarf_getsrcfiles(unit, &files, nullptr) != 0) return;
    Dwarf_Die* list = nullptr;
    if (dwarf_getscopes(unit, address - bias, &list) <= 0) return;
    const die_list innermost(list, &std::free);
    // These are the scopes in which it was written; those around it in the code are asked for by the first.
    const int count = dwarf_getscopes_die(innermost.get(), &list);
    const die_list around(count > 0 ? list : nullptr, &std::free);
    for (int i = 0; i < count && dwarf_tag(&around.get()[i]) != DW_TAG_subprogram; ++i) {
      Dwarf_Die* scope = &around.get()[i];
      if (dwarf_tag(scope) != DW_TAG_inlined_subroutine) continue;
      here.function = name_of(scope);
      found.push_back(here);
      here = call_of(scope, files);
    }
  }

  static std::string name_of(Dwarf_Die* function) {
    Dwarf_Attribute attribute;
    if (dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute)) {
      if (const char* name = dwarf_formstring(&attribute)) return demangle(name);
    }
    const char* name = dwarf_diename(function);
    return name ? name : "??";
  }

  // Where the function was called that was put there instead.
  static code_location call_of(Dwarf_Die* inlined, Dwarf_Files* files) {
    code_location call;
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &value) == 0) {
      if (const char* file = dwarf_filesrc(files, value, nullptr, nullptr)) call.file = file;
    }
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &value) == 0) {
      call.line = static_cast<int>(value);
    }
    return call;
  }

  Dwfl_Callbacks callbacks_{};
  Dwfl* dwfl_ = nullptr;
};

std::vector<code_location> find_in_debug_info(std::uintptr_t address) {
  static process_debug_info info;
  return info.find(address);
}

#else

std::vector<code_location> find_in_debug_info(std::uintptr_t) {
  return {};
}

#endif

std::vector<code_location> look_up(std::uintptr_t place) {
  std::vector<code_location> found = find_in_debug_info(place);
  if (!found.empty()) return found;
  Dl_info info{};
  const bool known = ::dladdr(reinterpret_cast<const void*>(place), &info) != 0 && info.dli_sname;
  return {{.function = known ? demangle(info.dli_sname) : "??", .file = {}, .line = 0}};
}

}  // namespace

const std::vector<code_location>& locate(std::uintptr_t place) {
  static std::mutex lock;  // libdw's handles are for one thread at a time, too
  static std::unordered_map<std::uintptr_t, std::vector<code_location>> known;
  const std::lock_guard guard(lock);
  const auto [entry, is_new] = known.try_emplace(place);
  if (is_new) entry->second = look_up(place);
  return entry->second;
}

}  // namespace leat::runtime
