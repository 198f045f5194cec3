#include <vector>

#include <leat/goroutine_local.hpp>
#include <leat/runtime/locals.hpp>

namespace leat::runtime {
namespace {

struct local_entry {
  const void* key;
  void* value;
  void (*destroy)(void*);
};

struct local_list {
  std::vector<local_entry> entries;  // few: searched in order

  local_list() = default;
  local_list(const local_list&) = delete;
  local_list& operator=(const local_list&) = delete;
  ~local_list() {
    while (!entries.empty()) {  // a destructor may make new values
      const local_entry last = entries.back();
      entries.pop_back();
      last.destroy(last.value);
    }
  }
};

[[gnu::noinline]] local_list& list_of_caller() {
  if (goroutine* self = current()) {
    if (!self->locals) self->locals = std::make_unique<local_list>().release();
    return *static_cast<local_list*>(self->locals);
  }
  thread_local local_list of_thread;
  return of_thread;
}

}  // namespace

void* local_value(const void* key, void* (*make)(), void (*destroy)(void*)) {
  local_list& list = list_of_caller();
  for (const local_entry& entry : list.entries) {
    if (entry.key == key) return entry.value;
  }
  list.entries.reserve(list.entries.size() + 1);
  void* made = make();
  list.entries.push_back({key, made, destroy});
  return made;
}

void destroy_locals(goroutine& ending) noexcept {
  const std::unique_ptr<local_list> doomed(static_cast<local_list*>(ending.locals));
}

}  // namespace leat::runtime
