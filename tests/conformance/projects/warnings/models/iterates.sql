select {% for x in modules.itertools.chain([1], [2]) %}{{ x }} + {% endfor %}0 as id
