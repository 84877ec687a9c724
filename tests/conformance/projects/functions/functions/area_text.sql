select a || {{ var('column', 'nothing_here') }}
