// Two goroutines that count eggs in one plain variable, and what keeps them from doing so at the same time.
//
//   racy SETTING GUARD
//
// With GUARD "no_guard", ThreadSanitizer must report the race. With any other, which makes the same program
// correct, it must stay silent, so each names a synchronisation that it has to understand.
#include <cstdio>
#include <mutex>
#include <string_view>

#include <leat/leat.hpp>

#include <tests/sanitizers/migration.hpp>

namespace {

using planted::setting;

int eggs = 0;

[[gnu::noinline]] void count_an_egg() {
  eggs = eggs + 1;
}

constexpr int rounds = 50;

// Both goroutines run this; `turn()` gives something whose lifetime is the turn.
void count_in_turns(setting where, auto turn) {
  leat::wait_group done;
  for (int who = 0; who < 2; ++who) {
    done.go([&] {
      planted::settle(where);
      for (int i = 0; i < rounds; ++i) {
        const auto mine = turn();
        count_an_egg();
        leat::yield();
      }
    });
  }
  done.wait();
}

void without_anything(setting where) {
  struct nothing {
    ~nothing() {}
  };
  count_in_turns(where, [] { return nothing(); });
}

void with_mutex(setting where) {
  leat::mutex guard;
  count_in_turns(where, [&] { return std::unique_lock(guard); });
}

// Buffered: whoever has put something in may count.
void with_buffered_channel(setting where) {
  const leat::chan<leat::unit> basket{1};
  struct place {
    const leat::chan<leat::unit>& held;
    ~place() { held.receive(); }
  };
  count_in_turns(where, [&] {
    basket.send({});
    return place{basket};
  });
}

void with_semaphore(setting where) {
  leat::semaphore permits(1);
  struct permit {
    leat::semaphore& held;
    ~permit() { held.release(); }
  };
  count_in_turns(where, [&] {
    permits.acquire();
    return permit{permits};
  });
}

// Unbuffered: the ball goes to and fro, and only who has it may count.
void with_rendezvous(setting where) {
  const leat::chan<leat::unit> there;
  const leat::chan<leat::unit> back;
  leat::wait_group done;
  done.go([=] {
    planted::settle(where);
    for (int i = 0; i < rounds; ++i) {
      count_an_egg();
      there.send({});
      back.receive();
    }
  });
  done.go([=] {
    planted::settle(where);
    for (int i = 0; i < rounds; ++i) {
      there.receive();
      count_an_egg();
      back.send({});
    }
  });
  done.wait();
}

void with_select(setting where) {
  const leat::chan<leat::unit> there;
  const leat::chan<leat::unit> never;
  leat::wait_group done;
  done.go([=] {
    planted::settle(where);
    count_an_egg();
    leat::select(never.on_receive([](auto) {}), there.on_send({}));
  });
  done.go([=] {
    planted::settle(where);
    leat::select(never.on_receive([](auto) {}), there.on_receive([](auto) { count_an_egg(); }));
  });
  done.wait();
}

void with_close(setting where) {
  const leat::chan<leat::unit> counted;
  leat::wait_group done;
  done.go([=] {
    planted::settle(where);
    count_an_egg();
    counted.close();
  });
  done.go([=] {
    planted::settle(where);
    counted.receive();
    count_an_egg();
  });
  done.wait();
}

void with_wait_group(setting where) {
  leat::wait_group first;
  leat::wait_group done;
  first.go([where] {
    planted::settle(where);
    count_an_egg();
  });
  done.go([where, &first] {
    planted::settle(where);
    first.wait();
    count_an_egg();
  });
  done.wait();
}

// The end of one goroutine, the start of the next.
void with_go(setting where) {
  const leat::chan<leat::unit> done;
  planted::settle(where);
  count_an_egg();
  leat::go([where, done] {
    count_an_egg();
    planted::settle(where);
    leat::go([where, done] {
      planted::settle(where);
      count_an_egg();
      done.close();
    });
  });
  done.receive();
}

constexpr struct {
  std::string_view name;
  void (*count)(setting);
} guards[] = {
    {"no_guard", without_anything}, {"mutex", with_mutex},   {"buffered_channel", with_buffered_channel},
    {"semaphore", with_semaphore},  {"select", with_select}, {"rendezvous", with_rendezvous},
    {"close", with_close},          {"go", with_go},         {"wait_group", with_wait_group},
};

}  // namespace

int main(int argc, char** argv) {
  const auto where = planted::parse_setting(argc == 3 ? argv[1] : "");
  for (const auto& guard : guards) {
    if (where && guard.name == argv[2])
      return leat::run(planted::options_for(*where), [&] { guard.count(*where); });
  }
  std::fprintf(stderr, "usage: racy one_worker|several_workers|after_migration GUARD\n");
  return 2;
}
