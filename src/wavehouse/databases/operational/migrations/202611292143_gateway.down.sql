DROP TABLE usage.model_fallbacks;
DROP TABLE usage.upstreams;
