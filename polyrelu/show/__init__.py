"""What a person sees: text, progress, notebooks, figures. Nothing else imports this room."""
