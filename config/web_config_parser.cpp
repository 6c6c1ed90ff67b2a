#include "config/web_config_parser.h"

#include <Poco/Exception.h>
#include <Poco/SAX/Attributes.h>
#include <Poco/SAX/DefaultHandler.h>
#include <Poco/SAX/LexicalHandler.h>
#include <Poco/SAX/Locator.h>
#include <Poco/SAX/SAXException.h>
#include <Poco/SAX/SAXParser.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "config/letter_case.h"
#include "config/printable.h"

namespace holdfast {
namespace {

using Poco::XML::Attributes;
using Poco::XML::XMLChar;
using Poco::XML::XMLString;

/// No web.config is that deep; what is, is made to exhaust somebody.
constexpr std::size_t kMaxDepth = 100;

/// Follows the elements. It never throws, because its callers are in C.
class Handler : public Poco::XML::DefaultHandler, public Poco::XML::LexicalHandler {
 public:
  explicit Handler(WebConfigRoot root) : root_(root) {}

  WebConfigText take() { return std::move(result_); }
  void refuse(int line, std::string text) {
    if (refused_) return;
    refused_ = true;
    result_.complete = false;
    result_.faults.push_back({line, std::move(text)});
  }

  void setDocumentLocator(const Poco::XML::Locator* locator) override { locator_ = locator; }
  void startElement(const XMLString&, const XMLString&, const XMLString& name,
                    const Attributes& attributes) override;
  void endElement(const XMLString&, const XMLString&, const XMLString&) override;
  void characters(const XMLChar text[], int start, int length) override;
  void startDTD(const XMLString&, const XMLString&, const XMLString&) override {
    refuse(line(), "has a DOCTYPE, which no file of settings needs: remove it");
  }
  void endDTD() override {}
  void startEntity(const XMLString&) override {}
  void endEntity(const XMLString&) override {}
  void startCDATA() override {}
  void endCDATA() override {}
  void comment(const XMLChar[], int, int) override {}

 private:
  enum class Place { kConfiguration, kLocation, kAppSettings, kEntry, kSkipped };

  int line() const { return locator_ ? locator_->getLineNumber() : 0; }
  void addFault(std::string text) { result_.faults.push_back({line(), std::move(text)}); }
  Place enter(const std::string& name, const Attributes& attributes);
  Place enterRoot(const std::string& name, const Attributes& attributes);
  Place enterAppSettings(const Attributes& attributes);
  void takeEntry(const std::string& name, const Attributes& attributes);
  void takeAdd(const Attributes& attributes);
  void addStep(WebConfigStep::Kind kind, std::string key = {}, std::string value = {}) {
    if (!source_.value.empty()) {
      return addFault(
          "appSettings has a configSource, so it must be empty otherwise: move this "
          "into " +
          inQuotes(source_.value));
    }
    result_.steps.push_back({kind, std::move(key), std::move(value), line()});
  }

  const WebConfigRoot root_;
  const Poco::XML::Locator* locator_ = nullptr;
  std::vector<Place> places_;  ///< of the elements that are open
  WebConfigStep source_{};     ///< configSource of the <appSettings> that is open, if it has one
  WebConfigStep file_{};       ///< the same for its file
  bool refused_ = false;
  WebConfigText result_;
};

bool hasAttribute(const Attributes& attributes, const char* name) {
  return attributes.getIndex(name) >= 0;
}

void Handler::startElement(const XMLString&, const XMLString&, const XMLString& name,
                           const Attributes& attributes) {
  if (refused_) return;
  if (places_.size() == kMaxDepth) return refuse(line(), "is nested too deeply");
  places_.push_back(places_.empty() ? enterRoot(name, attributes) : enter(name, attributes));
}

Handler::Place Handler::enterRoot(const std::string& name, const Attributes& attributes) {
  const bool configuration = root_ == WebConfigRoot::kConfiguration;
  const std::string expected = configuration ? "configuration" : "appSettings";
  if (name != expected) {
    refuse(line(), "its root element is " + inQuotes(name) + ", but must be " + expected);
    return Place::kSkipped;
  }
  return configuration ? Place::kConfiguration : enterAppSettings(attributes);
}

Handler::Place Handler::enter(const std::string& name, const Attributes& attributes) {
  const Place outer = places_.back();
  if (outer == Place::kAppSettings) {
    takeEntry(name, attributes);
    return Place::kEntry;
  }
  if (outer == Place::kEntry) {
    addFault("an element of appSettings must be empty, but has " + inQuotes(name) + " in it");
    return Place::kSkipped;
  }
  if (outer == Place::kSkipped) return Place::kSkipped;
  if (name == "appSettings") return enterAppSettings(attributes);
  if (equalsIgnoringCase(name, "appSettings")) {
    addFault(inQuotes(name) + " must be written appSettings");
    return Place::kSkipped;
  }
  const std::string path = attributes.getValue("path");
  const bool whole_site =
      outer == Place::kConfiguration && name == "location" && (path.empty() || path == ".");
  return whole_site ? Place::kLocation : Place::kSkipped;
}

Handler::Place Handler::enterAppSettings(const Attributes& attributes) {
  if (hasAttribute(attributes, "configProtectionProvider")) {
    result_.complete = false;
    addFault(
        "appSettings is encrypted (configProtectionProvider), and only .NET on its own "
        "machine can read it: decrypt it with aspnet_regiis -pdf appSettings FOLDER, or set "
        "what it has in the environment");
    return Place::kSkipped;
  }
  source_ = {WebConfigStep::kConfigSource, "", attributes.getValue("configSource"), line()};
  file_ = {WebConfigStep::kFile, "", attributes.getValue("file"), line()};
  const bool leads_on = !source_.value.empty() || !file_.value.empty();
  if (leads_on && root_ == WebConfigRoot::kAppSettings) {
    addFault(
        "a file that web.config leads to cannot lead to another one: remove the attributes "
        "of appSettings");
    source_.value = file_.value = "";
  }
  if (!source_.value.empty() && !file_.value.empty()) {
    addFault("appSettings can have either file or configSource: remove one of the two");
    source_.value = "";
  }
  return Place::kAppSettings;
}

void Handler::takeEntry(const std::string& name, const Attributes& attributes) {
  if (name == "add") return takeAdd(attributes);
  if (name == "clear") return addStep(WebConfigStep::kClear);
  if (name == "remove") {
    if (hasAttribute(attributes, "key")) {
      return addStep(WebConfigStep::kRemove, attributes.getValue("key"));
    }
    return addFault("<remove> has no key: write <remove key=\"NAME\"/>");
  }
  if (name == "EncryptedData") {
    result_.complete = false;
    return addFault(
        "appSettings is encrypted, and only .NET on its own machine can read it: "
        "decrypt it with aspnet_regiis -pdf appSettings FOLDER, or set what it has in "
        "the environment");
  }
  addFault("appSettings cannot have the element " + inQuotes(name) +
           ": only add, remove and clear");
}

void Handler::takeAdd(const Attributes& attributes) {
  if (!hasAttribute(attributes, "key")) {
    return addFault("<add> has no key: write <add key=\"NAME\" value=\"VALUE\"/>");
  }
  const std::string key = attributes.getValue("key");
  if (!hasAttribute(attributes, "value")) {
    return addFault("<add key=" + inQuotes(key) +
                    "> has no value: write <add key=" + inQuotes(key) + " value=\"VALUE\"/>");
  }
  if (key.empty() || key.find('=') != std::string::npos) {
    return addFault("the key " + inQuotes(beforeEquals(key)) +
                    " cannot become an environment variable: it must not be empty or contain =");
  }
  addStep(WebConfigStep::kAdd, key, attributes.getValue("value"));
}

void Handler::endElement(const XMLString&, const XMLString&, const XMLString&) {
  if (refused_) return;
  if (places_.back() == Place::kAppSettings) {
    if (!source_.value.empty()) result_.steps.push_back(std::exchange(source_, {}));
    if (!file_.value.empty()) result_.steps.push_back(std::exchange(file_, {}));
  }
  places_.pop_back();
}

void Handler::characters(const XMLChar text[], int start, int length) {
  if (refused_ || places_.empty()) return;
  if (places_.back() != Place::kAppSettings && places_.back() != Place::kEntry) return;
  const std::string_view words(text + start, static_cast<std::size_t>(length));
  if (words.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  // Not shown: it may be a value that lost its tag.
  addFault(
      "appSettings has text outside of its elements: write <add key=\"NAME\" "
      "value=\"VALUE\"/>");
}

/// Without the place at the end of it, which is told apart. \param message  of Poco's
std::string syntaxFault(std::string message) {
  message.resize(std::min(message.rfind(" in line "), message.size()));
  return "is not valid XML: " + message +
         "; look at this line and those before it for a tag or quotation mark that is not closed, "
         "or for < or & that must be written as &lt; or &amp;";
}

}  // namespace

WebConfigText parseWebConfig(const std::string& text, WebConfigRoot root) {
  Handler handler(root);
  Poco::XML::SAXParser parser;
  parser.setFeature(Poco::XML::XMLReader::FEATURE_NAMESPACES, false);
  parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_GENERAL_ENTITIES, false);
  parser.setFeature(Poco::XML::XMLReader::FEATURE_EXTERNAL_PARAMETER_ENTITIES, false);
  parser.setContentHandler(&handler);
  parser.setProperty(Poco::XML::XMLReader::PROPERTY_LEXICAL_HANDLER,
                     static_cast<Poco::XML::LexicalHandler*>(&handler));
  try {
    parser.parseMemoryNP(text.data(), text.size());
  } catch (const Poco::XML::SAXParseException& error) {
    handler.refuse(error.getLineNumber(), syntaxFault(error.message()));
  } catch (const Poco::Exception& error) {
    handler.refuse(0, syntaxFault(error.message()));
  }
  return handler.take();
}

}  // namespace holdfast
