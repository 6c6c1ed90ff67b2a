# Writes OUTPUT, a C++ file with the text of INPUT in it.
file(READ ${INPUT} TEXT)
file(WRITE ${OUTPUT}
  "#include \"host/worker/bootstrap_source.h\"\n\n"
  "namespace holdfast {\n\n"
  "std::string_view bootstrapSource() {\n  return R\"holdfast(")
file(APPEND ${OUTPUT} "${TEXT}")
file(APPEND ${OUTPUT} ")holdfast\";\n}\n\n}  // namespace holdfast\n")
