select '{{ var("greeting") }}' as said, '{{ child.shout("x") }}' as shouted, '{{ whisper("Y") }}' as whispered
