// The pixel of a sponsor's page. No cookies, no third-party storage: a random id in this page's own
// storage connects a followed link with a later purchase. data-store="none" stores nothing,
// data-store="session" lasts until the tab closes; the default is "local" for 60 days.
(function () {
  "use strict";
  var me = document.currentScript;
  var base = new URL(me.src).href.replace(/\.js(\?.*)?$/, "");
  var mode = me.getAttribute("data-store") || "local";
  var fields = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];
  var lifetime = 60 * 24 * 3600 * 1000;

  function store() {
    try {
      return mode === "none" ? null : mode === "session" ? sessionStorage : localStorage;
    } catch (refused) {
      return null;
    }
  }

  function fresh() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (b) {
      return ("0" + b.toString(16)).slice(-2);
    }).join("");
  }

  function session() {
    var place = store();
    if (!place) return "";
    var kept = (place.getItem("wavehouse") || "").split(" ");
    if (!/^[0-9a-f]{32}$/.test(kept[0]) || Date.now() - Number(kept[1]) > lifetime) {
      kept = [fresh(), String(Date.now())];
      place.setItem("wavehouse", kept.join(" "));
    }
    return kept[0];
  }

  function load(path, told) {
    var query = new URLSearchParams();
    Object.keys(told).forEach(function (name) {
      if (told[name] !== undefined && told[name] !== null && told[name] !== "") {
        query.set(name, String(told[name]));
      }
    });
    var id = session();
    if (id) query.set("sid", id);
    new Image().src = base + path + "?" + query.toString();
  }

  var here = new URLSearchParams(location.search);
  var link = {};
  fields.forEach(function (name) {
    if (here.get(name)) link[name] = here.get(name);
  });
  if (Object.keys(link).length) load("/landing.gif", link);

  window.wavehouse = {
    // wavehouse.converted({order_id: "A-1", value: "49.90", currency: "EUR", code: "NORD15"})
    converted: function (told) {
      load(".gif", told || {});
    },
  };
})();
