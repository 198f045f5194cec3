// In which order the places of a service are to be tried: RFC 2782. Not for users.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <leat/net/resolver.hpp>

namespace leat::net {

/// Sorts by priority, and draws within equal priorities, so that each comes first as often as its weight asks
/// for, and one of weight 0 seldom. `draw(n)` returns a number below n at random.
template <typename Draw>
void sort_locations(std::vector<service_location>& all, Draw&& draw) {
  std::ranges::sort(all, {}, [](const service_location& one) {
    return std::pair(one.priority, one.weight);  // weight 0 first: it is chosen by the number 0 alone
  });
  for (auto place = all.begin(); place != all.end(); ++place) {
    const auto end = std::ranges::find_if(
        place, all.end(), [&](const service_location& one) { return one.priority != place->priority; });
    std::uint32_t total = 0;
    for (auto one = place; one != end; ++one)
      total += one->weight;
    std::uint32_t left = draw(total + 1);
    auto chosen = place;
    while (left > chosen->weight) {
      left -= chosen->weight;
      ++chosen;
    }
    std::rotate(place, chosen, chosen + 1);
  }
}

}  // namespace leat::net
