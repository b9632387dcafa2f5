### The verdict, bisects, predictions.
