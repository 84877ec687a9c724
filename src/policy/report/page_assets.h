// SPDX-License-Identifier: Apache-2.0
// Style and behaviour of the report page, written into it.
#pragma once

#include <string_view>

namespace floe::policy {

inline constexpr std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--back:#fff;--band:#f5f7fa;
--error:#b42318;--warning:#8a5a00;--note:#2f5d8a;--good:#1f7a4d;--mark:#2f6fdb}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b4;--line:#343c48;--back:#14181e;--band:#1c222b;
--error:#ff8a7a;--warning:#e8b44c;--note:#8ab8e6;--good:#6fcf9c;--mark:#7aa7ff}}
body{margin:0 auto;max-width:1200px;padding:24px;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back)}
h1{margin:0;font-size:26px}h2{margin:36px 0 10px;font-size:19px}h3{margin:20px 0 6px;font-size:15px}
.facts,.soft{color:var(--soft)}code,.code{font-family:ui-monospace,monospace;font-size:13px}
.verdict{display:inline-block;margin:14px 0;padding:4px 14px;border-radius:6px;color:#fff;font-weight:600}
.passed{background:#1f7a4d}.refused{background:#b42318}
table{border-collapse:collapse;width:100%}th,td{padding:6px 10px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-size:13px;color:var(--soft)}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
.severity{font-weight:600}.error .severity{color:var(--error)}.warning .severity{color:var(--warning)}.note .severity{color:var(--note)}
.more{color:var(--soft);font-size:13px;white-space:pre-line}
.bar{position:relative;height:12px;min-width:140px;background:var(--line);border-radius:3px;overflow:hidden}
.bar i{display:block;height:100%;background:var(--good)}.bar.short i{background:var(--error)}
.bar b{position:absolute;top:0;bottom:0;width:2px;background:var(--ink)}
.filters{display:none;gap:14px;margin:8px 0;align-items:center;flex-wrap:wrap}.live .filters{display:flex}
.filters input[type=search]{padding:5px 9px;min-width:240px;border:1px solid var(--line);border-radius:5px;background:var(--back);color:var(--ink);font:inherit}
.graph{overflow:auto;max-height:640px;border:1px solid var(--line);border-radius:6px;background:var(--band)}
.graph path{fill:none;stroke:var(--soft);stroke-opacity:.45;stroke-width:1.3}.graph rect{fill:var(--back);stroke:var(--soft)}
.graph text{font:12px ui-monospace,monospace;fill:var(--ink)}.graph .source rect,.graph .seed rect{stroke-dasharray:4 3}
.graph.focus .box,.graph.focus path{opacity:.15}.graph.focus .on{opacity:1}.graph.focus path.on{stroke:var(--mark);stroke-opacity:1}
.graph .chosen rect{stroke:var(--mark);stroke-width:2.5}
details{border-bottom:1px solid var(--line);padding:5px 0}summary{cursor:pointer}details table{margin:8px 0 8px 18px;width:calc(100% - 18px)}
[hidden]{display:none}
)css";

inline constexpr std::string_view kPageScript = R"js(
(function () {
  'use strict';
  document.documentElement.classList.add('live');
  var rows = Array.prototype.slice.call(document.querySelectorAll('#findings tbody tr'));
  var search = document.getElementById('search');
  var boxes = Array.prototype.slice.call(document.querySelectorAll('.filters input[type=checkbox]'));
  var shown = document.getElementById('shown');
  function filter() {
    var wanted = search.value.toLowerCase();
    var on = {};
    var count = 0;
    boxes.forEach(function (box) { on[box.value] = box.checked; });
    rows.forEach(function (row) {
      var hit = on[row.className] && row.textContent.toLowerCase().indexOf(wanted) >= 0;
      row.hidden = !hit;
      if (hit) count += 1;
    });
    shown.textContent = count + ' of ' + rows.length;
  }
  if (search) {
    search.addEventListener('input', filter);
    boxes.forEach(function (box) { box.addEventListener('change', filter); });
    filter();
  }
  // What a box is made from and what is made of it, and no siblings.
  function reach(edges, start, from, to, seen) {
    var waiting = [start];
    while (waiting.length > 0) {
      var at = waiting.pop();
      edges.forEach(function (edge) {
        if (edge.dataset[from] !== at) return;
        edge.classList.add('on');
        if (!seen[edge.dataset[to]]) { seen[edge.dataset[to]] = true; waiting.push(edge.dataset[to]); }
      });
    }
  }
  function focus(graph, chosen) {
    var edges = Array.prototype.slice.call(graph.querySelectorAll('path'));
    var seen = {};
    graph.querySelectorAll('.on,.chosen').forEach(function (item) { item.classList.remove('on', 'chosen'); });
    graph.classList.toggle('focus', chosen !== null);
    if (chosen === null) return;
    seen[chosen] = true;
    reach(edges, chosen, 'to', 'from', seen);
    var down = {};
    down[chosen] = true;
    reach(edges, chosen, 'from', 'to', down);
    graph.querySelectorAll('.box').forEach(function (box) {
      if (seen[box.dataset.n] || down[box.dataset.n]) box.classList.add('on');
      if (box.dataset.n === chosen) box.classList.add('chosen');
    });
  }
  document.querySelectorAll('.graph').forEach(function (graph) {
    graph.addEventListener('click', function (event) {
      var box = event.target.closest('.box');
      focus(graph, box ? box.dataset.n : null);
      if (!box) return;
      var entry = document.getElementById('n' + box.dataset.n);
      if (entry) entry.open = true;
    });
  });
  function openTarget() {
    var entry = /^#n[0-9]+$/.test(location.hash) && document.querySelector(location.hash);
    if (entry) entry.open = true;
  }
  window.addEventListener('hashchange', openTarget);
  openTarget();
}());
)js";

}  // namespace floe::policy
