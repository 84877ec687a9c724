# {{ config(packages=['numpy', 'pandas==1.5.0']) }}
def upper(text):
    return text.upper()
