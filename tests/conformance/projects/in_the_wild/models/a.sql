{{ config(materialized='view', tags=['skip' if target.type in ['x'] else 'go'], meta={'b': var('z', 1) + 1}, alias='a' ~ '_b',
          owner=target.name | upper, lst=[1, target.type], cut='abc'[0:2], sign=-var('z', 1), power=var('z', 1) ** 2,
          known=target.schema is not none, called=env_var('HOME', 'x') is defined, both=(1, 2) if true else none,
          filtered='x' | replace('x', 'y'), added={'k': 1}.k + 1, chosen=not true or 1 == 2) }} select 1 as id
