import a_module_that_nobody_has


def app(environ, start_response):
    return []
