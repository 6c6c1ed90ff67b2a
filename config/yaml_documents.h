/// \file yaml_documents.h
/// Where a YAML text goes on after what YAML::Load() takes for all of it. Pure.
#pragma once

#include <string>

namespace holdfast {

/// \return 0 if there is none. YAML::Load() would not tell, and YAML::LoadAll() finds documents
///   without end at a comma that belongs to nothing (yaml-cpp 0.7).
int lineOfSecondDocument(const std::string& text);

}  // namespace holdfast
