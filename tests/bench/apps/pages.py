"""What a usual site does: Flask, with and without a template."""

from flask import Flask, render_template

app = Flask(__name__)
app.response_class.automatically_set_content_length = False  # see plain.py
ROWS = [{"name": f"item {number}", "price": number * 3} for number in range(20)]


@app.get("/flask")
def hello():
    return "Hello, world!"


@app.get("/jinja")
def jinja():
    return render_template("rows.html", title="Rows & more", rows=ROWS)
