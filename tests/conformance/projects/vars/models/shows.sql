select '{{ var("plain") }}' as plain, '{{ var("scoped") }}' as scoped, '{{ var("missing", "fallback") }}' as fallback,
  '{{ env_var("FEATURE_TEST_VALUE", "unset") }}' as env, '{{ var("listed") | join("-") }}' as listed,
  {{ var("plain") + 1 }} as sum, '{{ target.name }}{{ target.threads }}' as target
