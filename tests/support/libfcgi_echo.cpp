/// \file libfcgi_echo.cpp
/// A responder made of libfcgi alone, on a listening socket at standard input:
/// the reference that the tests' own FastCGI client is tested against.
#include <fcgiapp.h>

#include <string>

int main() {
  FCGX_Init();
  FCGX_Request request;
  FCGX_InitRequest(&request, 0, 0);
  while (FCGX_Accept_r(&request) == 0) {
    std::string body;
    char buffer[4096];
    while (int count = FCGX_GetStr(buffer, sizeof buffer, request.in)) body.append(buffer, count);
    FCGX_FPrintF(request.out, "Status: 201 Made\r\nContent-Type: text/plain\r\n\r\n");
    for (char** entry = request.envp; *entry != nullptr; ++entry) {
      FCGX_FPrintF(request.out, "%s\n", *entry);
    }
    FCGX_PutStr(body.data(), static_cast<int>(body.size()), request.out);
    FCGX_FPrintF(request.err, "said on stderr");
  }
}
