/// \file site_plans.h
/// What the settings mean for the parts of a host: how many workers, and what limits.
#pragma once

#include <string>

#include "config/settings.h"
#include "host/front/fcgi_listener.h"
#include "host/front/http_connection.h"
#include "host/hold/held_requests.h"
#include "host/worker/worker_pool.h"
#include "proxy/channel.h"

namespace holdfast {

/// Of the workers, with what the environment of this process is now.
PoolPlan planFor(const Settings& settings);

/// Of the one worker of the debug lane.
PoolPlan lanePlanFor(const Settings& settings);
/// \param listener  as proxy::ChannelPlan::listener
proxy::ChannelPlan channelPlanFor(const Settings& settings, const std::string& listener);

HeldRequests::Plan heldRequestsPlanFor(const Settings& settings);

/// Raises the limit of descriptors of this process as far as it may.
/// \param inherited  listeners besides those of the settings
FcgiCapacity capacityFor(const Settings& settings, std::size_t inherited);

FcgiLimits fcgiLimitsFor(const Settings& settings);
HttpLimits httpLimitsFor(const Settings& settings, const FcgiCapacity& capacity);
/// Of the listener of the debug channel. What is asked there is small, and must not be in the way
/// of the site.
HttpLimits channelLimitsFor(const Settings& settings);

}  // namespace holdfast
