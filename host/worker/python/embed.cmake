# Writes OUTPUT, a C++ file with the text of INPUT in it, which FUNCTION() returns.
file(READ ${INPUT} TEXT)
file(WRITE ${OUTPUT}
  "#include \"host/worker/bootstrap_source.h\"\n\n"
  "namespace holdfast {\n\n"
  "std::string_view ${FUNCTION}() {\n  return R\"holdfast(")
file(APPEND ${OUTPUT} "${TEXT}")
file(APPEND ${OUTPUT} ")holdfast\";\n}\n\n}  // namespace holdfast\n")
