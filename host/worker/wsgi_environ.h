/// \file wsgi_environ.h
/// FastCGI params -> what the worker makes environ of (PEP 3333, "environ
/// Variables"). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "host/front/params.h"

namespace holdfast {

/// Bytes of a body as CONTENT_LENGTH or Content-Length gives them.
/// \return nothing if it is no number, or one that no body can have
std::optional<std::uint64_t> parseLength(std::string_view text);

/// Why params cannot become an environ: what the web server's administrator is told.
struct EnvironProblem {
  std::string cause;
  std::string remedy;
};

/// Where the app's part of a path begins.
struct PathRule {
  std::string mount;  ///< empty, or `/prefix` without a slash at its end; letter case is ignored
  /// Without a mount: SCRIPT_NAME and PATH_INFO are right as the web server sends them.
  bool split_by_server = false;
};

/// `name NUL value NUL name NUL value`, the params' own bytes, where
/// - SCRIPT_NAME is the mount and PATH_INFO what is left: front ends put the
///   path now in the one, now in the other, now in both. Together they are the
///   full path; on IIS PATH_INFO alone is.
/// - CONTENT_LENGTH and CONTENT_TYPE have no HTTP_ twin, an empty one is left out;
/// - `wsgi.` names are the worker's own;
/// - HTTP_PROXY is dropped: libraries would take the client's word for a proxy;
/// - SERVER_NAME, SERVER_PORT, SERVER_PROTOCOL, QUERY_STRING are always there.
std::variant<std::string, EnvironProblem> encodeEnviron(const Params& params, const PathRule& rule);

struct SplitPath {
  std::string script_name;
  std::string path_info;
};
/// The two names alone.
SplitPath splitPath(const Params& params, const PathRule& rule);

}  // namespace holdfast
