/// \file setting_values.h
/// From the text of a setting to its value. None of these looks beyond its arguments, but for
/// parseDirectory, parseFile and parseLogFile, which look at the disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

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

/// An existing directory. \param base  what a relative `text` is meant from
/// \param[out] value  absolute; symbolic links are kept, because a deployment may turn one later
Objection parseDirectory(const std::string& text, const std::filesystem::path& base,
                         std::filesystem::path& value);

/// `/ptvsd`: no slash at the end, nothing that would have to be encoded.
Objection parseUrlPath(const std::string& text, std::string& value);

/// A regular expression, or empty.
Objection parsePattern(const std::string& text, std::string& value);

/// One of the words, in any case. \param[out] index  which
Objection parseChoice(const std::string& text, std::span<const char* const> choices,
                      std::size_t& index);

/// A file that is there and can be read. \param base  as for parseDirectory()
/// \param[out] value  absolute, also with an objection
Objection parseFile(const std::string& text, const std::filesystem::path& base,
                    std::filesystem::path& value);

/// A file that need not be there, in a directory that is. \param base  as for parseDirectory()
/// \param[out] value  absolute, or empty if `text` is
Objection parseLogFile(const std::string& text, const std::filesystem::path& base,
                       std::filesystem::path& value);

}  // namespace holdfast
