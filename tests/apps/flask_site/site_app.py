"""A small Flask site with what real ones use: templates, forms, sessions,
static files, uploads, streams, cookies, redirects, error handlers."""

import hashlib
import time

from flask import (Flask, abort, flash, jsonify, make_response, redirect, render_template,
                   request, send_file, session, stream_with_context, url_for)

app = Flask(__name__)
app.secret_key = "only for tests"


@app.get("/")
def index():
    return render_template("index.html", user=session.get("user"))


@app.post("/login")
def login():
    session["user"] = request.form["user"]
    flash(f"Hello {session['user']}")
    return redirect(url_for("index"))


@app.post("/logout")
def logout():
    session.clear()
    return redirect(url_for("index"))


@app.post("/upload")
def upload():
    file = request.files["file"]
    digest = hashlib.sha256(file.stream.read()).hexdigest()
    return jsonify(name=file.filename, sha256=digest, note=request.form.get("note"))


@app.get("/stream")
def stream():
    def lines():
        for number in range(5):
            yield f"{request.args['word']} {number}\n"
            time.sleep(0.01)
    return app.response_class(stream_with_context(lines()), mimetype="text/plain")


@app.get("/send/<path:name>")
def send(name):
    return send_file(f"static/{name}", conditional=True)


@app.get("/cookies")
def cookies():
    answer = make_response(jsonify(request.cookies.to_dict()))
    answer.set_cookie("first", "1", httponly=True)
    answer.set_cookie("second", "2", path="/cookies")
    return answer


@app.route("/api/<name>", methods=["GET", "PUT", "DELETE"])
def api(name):
    return jsonify(method=request.method, name=name, json=request.get_json(silent=True),
                   args=request.args.to_dict(flat=False), url=request.url)


@app.get("/teapot")
def teapot():
    abort(418)


@app.get("/broken")
def broken():
    raise ValueError("a view that raises")


@app.errorhandler(404)
def not_found(error):
    return render_template("missing.html", path=request.path), 404
