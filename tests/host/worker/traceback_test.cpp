#include "host/worker/traceback.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

/// As Python 3.11 writes it for a Flask app whose own error was caught and raised anew.
constexpr char kChained[] =
    "Traceback (most recent call last):\n"
    "  File \"/srv/site/prices.py\", line 3, in parse\n"
    "    return float(text)\n"
    "           ^^^^^^^^^^^\n"
    "ValueError: could not convert string to float: 'scone'\n"
    "\n"
    "The above exception was the direct cause of the following exception:\n"
    "\n"
    "Traceback (most recent call last):\n"
    "  File \"/srv/site/.venv/lib/python3.11/site-packages/flask/app.py\", line 1511, in wsgi_app\n"
    "    response = self.full_dispatch_request()\n"
    "  File \"/srv/site/app.py\", line 12, in price\n"
    "    return total(text)\n"
    "  File \"/srv/site/prices.py\", line 9, in total\n"
    "    raise PriceError(\n"
    "        text) from error\n"
    "  File \"<frozen importlib._bootstrap>\", line 1206, in _gcd_import\n"
    "  File \"/usr/lib/python3.11/json/__init__.py\", line 1, in loads\n"
    "    pass\n"
    "prices.PriceError: the price of scone\n"
    "is not a number\n";

TEST(ExceptionOf, IsTheFirstLineOfTheLastException) {
  EXPECT_EQ(exceptionOf(kChained), "prices.PriceError: the price of scone");
}

TEST(ExceptionOf, ComesThroughWhateverTheTextIs) {
  EXPECT_EQ(exceptionOf(""), "");
  EXPECT_EQ(exceptionOf("\n\n"), "");
  EXPECT_EQ(exceptionOf("ValueError: no"), "ValueError: no");
  EXPECT_EQ(exceptionOf("  File \"cut in the mid"), "");
  EXPECT_LE(exceptionOf(std::string(100'000, 'x')).size(), 1000U);
}

TEST(ExceptionOf, NamesAGroupRatherThanItsParts) {
  EXPECT_EQ(exceptionOf("  + Exception Group Traceback (most recent call last):\n"
                        "  |   File \"/srv/app.py\", line 1, in app\n"
                        "  |     raise ExceptionGroup('two', [ValueError(1), TypeError(2)])\n"
                        "  | ExceptionGroup: two (2 sub-exceptions)\n"
                        "  +-+---------------- 1 ----------------\n"
                        "    | ValueError: 1\n"
                        "    +---------------- 2 ----------------\n"
                        "    | TypeError: 2\n"
                        "    +------------------------------------\n"),
            "ExceptionGroup: two (2 sub-exceptions)");
}

TEST(OwnFrames, AreThoseOfTheSiteNearestFirst) {
  const auto frames = ownFrames(kChained);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].file, "/srv/site/prices.py");
  EXPECT_EQ(frames[0].line, "9");
  EXPECT_EQ(frames[0].function, "total");
  EXPECT_EQ(frames[0].code, "    raise PriceError(\n        text) from error");
  EXPECT_EQ(frames[1].file, "/srv/site/app.py");
}

TEST(OwnFrames, AreOfTheLastExceptionThatHasAny) {
  const auto frames = ownFrames(
      "Traceback (most recent call last):\n  File \"/srv/app.py\", line 1, in app\n    x()\n"
      "KeyError: 1\n\nTraceback (most recent call last):\n"
      "  File \"/usr/lib/python3/dist-packages/lib.py\", line 1, in f\n    y()\nLibError: 2\n");
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].file, "/srv/app.py");
}

TEST(OwnFrames, TellOfTheLineThatIsNoPython) {
  const auto frames = ownFrames(
      "  File \"/srv/a, line 3/app.py\", line 1\n    def app(environ)\n                    ^\n"
      "SyntaxError: expected ':'\n");
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].file, "/srv/a, line 3/app.py");
  EXPECT_EQ(frames[0].line, "1");
  EXPECT_EQ(frames[0].function, "");
  EXPECT_EQ(frames[0].code, "    def app(environ)\n                    ^");
}

TEST(OwnFrames, ComeThroughTracebacksThatAreCutAnywhere) {
  const std::string_view whole = kChained;
  for (std::size_t end = 0; end <= whole.size(); ++end) {
    EXPECT_LE(ownFrames(whole.substr(0, end)).size(), 2U);
    exceptionOf(whole.substr(0, end));
  }
}

}  // namespace
}  // namespace holdfast
