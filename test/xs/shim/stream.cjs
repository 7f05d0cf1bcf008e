// The codec's byte list inherits from a stream, as functions did before classes, and never streams.

// biome-ignore lint/complexity/useArrowFunction: it is called as a constructor
const Duplex = function () {};

module.exports = { Duplex };
