/// \file setting_values.h
/// From the text of a setting to its value. None of these looks beyond its arguments, but for
/// parseDirectory, which looks at the disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast {

/// Why a text is no value: a clause that continues `NAME is "TEXT", but ...`. Empty: it is one.
using Objection = std::optional<std::string>;

/// Decimal digits only. On an objection `value` keeps what it was, as below.
Objection parseCount(const std::string& text, unsigned least, unsigned most, unsigned& value);

/// true, yes, on, 1; false, no, off, 0; in any case.
Objection parseSwitch(const std::string& text, bool& value);

/// Permission bits in octal, with or without the leading 0: `0660`.
Objection parseFileMode(const std::string& text, unsigned& value);

/// `USER` or `USER:GROUP`; whether they exist is not looked at.
Objection parseOwner(const std::string& text, std::string& value);

/// Only what no handler can contain; the worker finds out what it means.
Objection parseHandler(const std::string& text, std::string& value);

/// Gives a mount one slash in front and none at the end; `/` becomes empty.
std::string normaliseMount(const std::string& text);

/// `unix:PATH` or `tcp:HOST:PORT`, as far as libfcgi can open it: HOST is an IPv4 address or
/// `localhost`. Other names are refused because libfcgi ends the process if it cannot resolve one.
Objection parseFastCgiAddress(const std::string& text, std::string& value);

/// `tcp:HOST:PORT`; HOST is an IPv4 address, an IPv6 address in brackets, or a name. Port 0 means
/// any free port.
Objection parseHttpAddress(const std::string& text, std::string& value);

/// An existing directory. \param base  what a relative `text` is meant from
/// \param[out] value  absolute; symbolic links are kept, because a deployment may turn one later
Objection parseDirectory(const std::string& text, const std::filesystem::path& base,
                         std::filesystem::path& value);

/// `unix:PATH` or `tcp:HOST:PORT`, as far as Poco can open it.
Objection parseChannelAddress(const std::string& text, std::string& value);

/// `HOST:PORT` on loopback. Port 0 means any free port.
Objection parseDebugAddress(const std::string& text, std::string& value);

/// `/ptvsd`: no slash at the end, nothing that would have to be encoded.
Objection parseUrlPath(const std::string& text, std::string& value);

/// A regular expression, or empty.
Objection parsePattern(const std::string& text, std::string& value);

/// One of the words, in any case. \param[out] index  which
Objection parseChoice(const std::string& text, std::span<const char* const> choices,
                      std::size_t& index);

/// A file that need not be there, in a directory that is. \param base  as for parseDirectory()
/// \param[out] value  absolute, or empty if `text` is
Objection parseLogFile(const std::string& text, const std::filesystem::path& base,
                       std::filesystem::path& value);

/// Four decimal numbers without leading zeros.
bool isIpv4Address(std::string_view text);

}  // namespace holdfast
