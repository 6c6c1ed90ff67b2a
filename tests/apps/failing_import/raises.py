import sys

sys.stderr.write("something to std err\n")
print("something to std out")
raise Exception("handler file is raising")
