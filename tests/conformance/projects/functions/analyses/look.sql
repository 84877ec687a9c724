select {{ function('plain') }}() as one
