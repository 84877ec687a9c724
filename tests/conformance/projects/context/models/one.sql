{{ config(post_hook="insert into {{ target.schema }}.log select 'hook', '{{ late() }} {{ this.identifier }}'") }}
select 1 as id
