DROP TABLE listeners.chapter_keys;
DROP TABLE listeners.chapters;
