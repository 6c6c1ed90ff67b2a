from django.db import models


class Question(models.Model):
    text = models.CharField(max_length=200)
    picture = models.FileField(upload_to="pictures", blank=True)

    def __str__(self):
        return self.text


class Choice(models.Model):
    question = models.ForeignKey(Question, on_delete=models.CASCADE)
    text = models.CharField(max_length=200)
    votes = models.IntegerField(default=0)
