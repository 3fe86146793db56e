using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace AttentionKernels.Tensors;

/// <summary>Memory of an accelerator that somebody else has allocated, and frees.</summary>
internal sealed class BorrowedMemory : MemoryBuffer
{
    /// <param name="accelerator">The accelerator.</param>
    /// <param name="pointer">A <c>CUdeviceptr</c>, a <c>cl_mem</c>, or an address of the process, by the accelerator's kind.</param>
    /// <param name="length">Its elements.</param>
    /// <param name="elementSize">Bytes of an element.</param>
    public BorrowedMemory(Accelerator accelerator, nint pointer, long length, int elementSize)
        : base(accelerator, length, elementSize) => NativePtr = pointer;

    /// <inheritdoc/>
    protected override void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView)
    {
        switch (stream)
        {
            case CudaStream cuda:
                CudaMemoryBuffer.CudaMemSet(cuda, value, targetView);
                break;
            case CLStream queue:
                CLMemoryBuffer.CLMemSet(queue, value, targetView);
                break;
            default:
                CPUMemoryBuffer.CPUMemSet(targetView.LoadEffectiveAddressAsPtr(), value, 0, targetView.LengthInBytes);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView)
    {
        switch (stream)
        {
            case CudaStream cuda:
                CudaMemoryBuffer.CudaCopy(cuda, sourceView, targetView);
                break;
            case CLStream queue:
                CLMemoryBuffer.CLCopy(queue, sourceView, targetView);
                break;
            default:
                CPUMemoryBuffer.CPUCopyFrom(stream, sourceView, targetView);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void CopyTo(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) =>
        CopyFrom(stream, sourceView, targetView);

    /// <inheritdoc/>
    protected override void DisposeAcceleratorObject(bool disposing)
    {
        // The memory is another's to free.
    }
}
