namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>A tiny run of an operation that goes all ways of a kernel: sizes that are no multiple of a tile's, ragged and empty
/// parts.</summary>
/// <param name="Name">The operation, for people.</param>
/// <param name="Kernel">The kernel that is mutated, of those that run.</param>
/// <param name="Run">Runs it; the bytes of outputs, one after the other, whose tensors are exactly as long as they need be, so that the
/// driver's bounds are theirs.</param>
internal sealed record MutationCase(string Name, string Kernel, Func<AttentionDevice, IEnumerable<byte[]>> Run);
