"""The methods that are compared: dlrecipes, KerasTuner, Optuna with `fit`."""
