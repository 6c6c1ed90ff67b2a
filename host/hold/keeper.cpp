#include "host/hold/keeper.h"

#include <algorithm>

namespace holdfast {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kMostMargin = 10s;
constexpr std::chrono::milliseconds kMostPadInterval = 15s;

}  // namespace

const char* nameOf(Keeper keeper) {
  switch (keeper) {
    case Keeper::kWait:
      break;
    case Keeper::kPad:
      return "pad";
    case Keeper::kHop:
      return "hop";
    case Keeper::kHandOff:
      return "handoff";
  }
  return "wait";
}

Keeper keeperFor(const FrontPatience& patience, unsigned hops, bool may_hop) {
  if (!patience.limit) return Keeper::kWait;
  if (patience.beyond) return Keeper::kHandOff;
  if (patience.kind == FrontEndKind::kApache) return Keeper::kPad;
  const bool follows_hops =
      patience.kind == FrontEndKind::kNginx || patience.kind == FrontEndKind::kModFcgid;
  return follows_hops && may_hop && hops < kMaxHops ? Keeper::kHop : Keeper::kHandOff;
}

bool wantsSigns(FrontEndKind kind) { return kind == FrontEndKind::kModFcgid; }

std::chrono::milliseconds marginOf(std::chrono::milliseconds limit) {
  return std::min(limit / 5, kMostMargin);
}

std::chrono::milliseconds padIntervalOf(std::chrono::milliseconds limit) {
  return std::min(limit / 4, kMostPadInterval);
}

}  // namespace holdfast
