from django.urls import path

from polls import views

app_name = "polls"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:pk>/", views.question, name="question"),
    path("<int:pk>/picture/", views.picture, name="picture"),
    path("stream/", views.stream),
    path("broken/", views.broken),
]
