/// \file thread_stacks.h
/// What the threads of a worker are doing, made into text for the log. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// By the number of the slot: its request ("request 1a2b-000001 (GET /x)"), or empty.
using SlotRequests = std::vector<std::string>;

/// Of link::kStacks, the worker's own answer.
/// \param content  `slot number or nothing NUL name of the thread NUL stack, newest call last`,
///   for each thread, between them NUL; UTF-8
std::string describeStacks(std::string_view content, const SlotRequests& requests);

/// Of what Python's faulthandler writes by itself (Python docs, "faulthandler", newest call first)
/// when the worker's own threads cannot run, because C code keeps the interpreter's lock.
/// \param slot_threads  identifiers of the slots' threads, as `threading.get_ident()` gives them
std::string describeRawStacks(const std::vector<std::string>& lines,
                              const std::vector<std::uint64_t>& slot_threads,
                              const SlotRequests& requests);

}  // namespace holdfast
