"""How measures of motion quality separate faulty motion from sound motion."""
