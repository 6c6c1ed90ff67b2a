raise RuntimeError("package.broken is raising")
