/// \file link_message.h
/// What host and worker say to each other: frames with the header of a FastCGI
/// record (fcgi_record.h), so that a chunk of an answer becomes a FCGI_STDOUT
/// record by writing over its header. Pure. The worker's side is
/// python/bootstrap.py.
///
/// A slot carries one request at a time; the header's request id is the
/// request's serial on that slot. The control socket carries what concerns the
/// worker as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/front/request.h"

namespace holdfast::link {

/// Host to slot.
enum ToSlot : std::uint8_t {
  kRequest = 1,             ///< encodeEnviron(); the body follows
  kRequestPart = 2,         ///< the beginning of an environ that does not fit one frame
  kRequestWithoutBody = 3,  ///< as kRequest, and nothing follows
  kInput = 4,               ///< bytes of the body
  kInputEnd = 5,            ///< the body is complete
  kInputCut = 6,            ///< no more of it will come
};

/// Slot to host.
enum FromSlot : std::uint8_t {
  kHead = 16,        ///< see decodeHead()
  kHeadPart = 17,    ///< the beginning of a head that does not fit one frame
  kBody = 18,        ///< bytes of the answer
  kEnd = 19,         ///< the slot is free again
  kFailed = 20,      ///< the app raised: traceback, UTF-8
  kFailedLate = 21,  ///< the same, after the answer was complete
};

/// Host to control socket, and back.
enum ToControl : std::uint8_t {
  kSettings = 1,  ///< `name NUL value NUL ...`
  kAbort = 2,     ///< slot number, 2 bytes big-endian; the serial is the request id
  kAskStacks = 3,
  kLetGo = 4,  ///< to an engine: no breakpoint stays, nothing is held
};
enum FromControl : std::uint8_t {
  kHello = 16,       ///< implementation, version, executable, sys.path, between them NUL
  kTried = 17,       ///< `what was tried NUL traceback`, before kNotReady or kReady
  kReady = 18,       ///< identifiers of the slots' threads, decimal, between them NUL
  kNotReady = 19,    ///< `setting that is wrong, or nothing NUL why, in words`
  kStacks = 20,      ///< see describeStacks(); the last, or only, part
  kNoThreads = 21,   ///< `why, in words`: there is an app, and no thread to run it
  kStacksPart = 22,  ///< the same, and more will follow
  kEngine =
      23,  ///< `name NUL version NUL port NUL numeric host`: it listens, the import is yet to come
  kNoEngine = 24,    ///< `kind NUL name NUL version NUL reason NUL environment`: EngineProblem;
                     ///< kinds are `missing`, `broken`, `unfit`, `listen`
  kSlotThread = 25,  ///< `slot number NUL identifier of the thread that it uses from now on`
};

/// `status NUL name NUL value ...`, latin-1, into an answer's head.
/// \return false if that is not what the text is, or if a part has CR or LF in it
bool decodeHead(std::string_view text, AnswerHead& head);

/// Of a frame on a slot, or on the control socket: `kInputEnd` is "INPUT_END".
std::string slotFrameName(std::uint8_t type);
std::string controlFrameName(std::uint8_t type);

/// Cuts at NUL.
std::vector<std::string_view> splitFields(std::string_view text);

}  // namespace holdfast::link
