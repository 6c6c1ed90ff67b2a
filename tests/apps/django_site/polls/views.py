from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import FileResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from polls.models import Question


class VoteForm(forms.Form):
    choice = forms.ModelChoiceField(queryset=None, widget=forms.RadioSelect, empty_label=None)

    def __init__(self, question, *args, **more):
        super().__init__(*args, **more)
        self.fields["choice"].queryset = question.choice_set.all()


def index(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    return render(request, "polls/index.html", {"questions": Question.objects.all()})


def question(request, pk):
    found = get_object_or_404(Question, pk=pk)
    form = VoteForm(found, request.POST or None)
    if form.is_valid():
        found.choice_set.filter(pk=form.cleaned_data["choice"].pk).update(votes=F("votes") + 1)
        messages.success(request, "Thank you for your vote")
        return redirect("polls:question", pk=pk)
    return render(request, "polls/question.html", {"question": found, "form": form})


def picture(request, pk):
    return FileResponse(get_object_or_404(Question, pk=pk).picture.open())


def stream(request):
    return StreamingHttpResponse((f"line {number}\n" for number in range(1000)),
                                 content_type="text/plain")


def broken(request):
    raise ValueError("a view that raises")
