// A module of Node that is imported beside what a test uses, and not used itself.

module.exports = {};
