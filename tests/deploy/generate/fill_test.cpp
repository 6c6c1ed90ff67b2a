#include "deploy/generate/fill.h"

#include <gtest/gtest.h>

namespace holdfast::deploy {
namespace {

TEST(Fill, ReplacesNames) {
  EXPECT_EQ(fill("a @X@ b @YY@ @X@\n", {{"X", "1"}, {"YY", "2"}}), "a 1 b 2 1\n");
  EXPECT_EQ(fill("@X@", {{"X", "1"}}), "1");
}

TEST(Fill, LeavesWhatIsNoName) {
  EXPECT_EQ(fill("x@y @Z@ @holdfast path", {{"X", "1"}}), "x@y @Z@ @holdfast path");
}

TEST(Fill, DoesNotSearchValues) { EXPECT_EQ(fill("@X@ @Y@", {{"X", "@Y@"}, {"Y", "2"}}), "@Y@ 2"); }

TEST(Fill, IndentsTheLinesOfAValueAsTheFirst) {
  EXPECT_EQ(fill("  @X@\nend\n", {{"X", "one {\n  two\n\n}"}}), "  one {\n    two\n\n  }\nend\n");
}

TEST(Fill, LeavesOutLinesOfNothing) {
  EXPECT_EQ(fill("a\n  @X@\nb @X@\n", {{"X", ""}}), "a\nb \n");
}

TEST(Fill, KeepsOneOfSeveralBlankLines) {
  EXPECT_EQ(fill("a\n\n@X@\n\n@X@\n\nb\n", {{"X", ""}}), "a\n\nb\n");
}

TEST(Fill, OfNothingIsNothing) { EXPECT_EQ(fill("", {}), ""); }

}  // namespace
}  // namespace holdfast::deploy
