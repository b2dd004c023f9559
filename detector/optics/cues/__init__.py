"""What speaks for or against a lens: one function a cue, from the facts of a glint to a reason."""
