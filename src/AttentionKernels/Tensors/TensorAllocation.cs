using System.Numerics;
using System.Runtime.CompilerServices;
using AttentionKernels.Devices;
using AttentionKernels.Drivers;
using AttentionKernels.Tensors;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>Allocates tensors on a device.</summary>
public static class TensorAllocation
{
    // Bytes that 64 bits count, with room for what allocators add.
    private const long LargestBuffer = long.MaxValue - (1L << 20);

    /// <typeparam name="T">The element type: a number of fixed size, an enumeration, or a struct of them.</typeparam>
    /// <param name="device">The device.</param>
    extension<T>(AttentionDevice device)
        where T : unmanaged
    {
        /// <summary>Allocates a tensor; its content is undefined.</summary>
        /// <param name="shape">The shape; extents of 0 are legal.</param>
        /// <returns>The tensor; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">An extent is negative.</exception>
        /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
        /// <exception cref="NotSupportedException">The element type is, or has, a <see cref="bool"/>, a <see cref="char"/> or a
        /// pointer.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using Tensor&lt;Half> query = device.Allocate&lt;Half>([2, 1024, 32, 128]);       // [batch, tokens, heads, headDim], zeros
        /// </code>
        /// </example>
        public Tensor<T> Allocate(TensorShape shape)
        {
            ArgumentNullException.ThrowIfNull(device);
            device.ThrowIfDisposed();
            TensorElement<T>.Check();
            if (shape.HasNegative)
                throw new ArgumentException($"The shape {shape} has a negative extent.", nameof(shape));

            // Drivers and ILGPU multiply without looking.
            if (!shape.TryCount(out long count) || count > LargestBuffer / Unsafe.SizeOf<T>())
                throw Refusal(device, shape, typeof(T), "that is more than any device has", null);
            try
            {
                return new Tensor<T>(device, shape);
            }
            catch (Exception exception) when (exception is AcceleratorException or OutOfMemoryException)
            {
                throw Refusal(device, shape, typeof(T), DriverError.Describe(exception), exception);
            }
        }

        /// <summary>Makes a view of device memory that another part of the program has allocated, and frees: nothing is copied.</summary>
        /// <remarks>
        /// <para>The memory must stay allocated while work with the view may be under way:
        /// <see cref="AttentionDevice.Synchronize"/> waits for what was queued. It must be of the device's own context, a
        /// <c>CUcontext</c> or <c>cl_context</c>, which is <c>device.Accelerator.NativePtr</c>: whoever allocates it does so
        /// there.</para>
        /// <para>Work is ordered, and overlaps are refused, where they are of one view, of slices of it, or of other shapes of it. Two
        /// views of the same pointer are two memories to the library: make one, and keep it. What others do to the memory is theirs to
        /// order.</para>
        /// </remarks>
        /// <param name="pointer">A <c>CUdeviceptr</c> on CUDA, a <c>cl_mem</c> on OpenCL, an address of the process on the managed
        /// CPU.</param>
        /// <param name="shape">The shape; the elements lie one after the other, last dimension innermost.</param>
        /// <returns>The view.</returns>
        /// <exception cref="ArgumentException">An extent is negative, there are more elements than 64 bits count bytes of, or the pointer
        /// is 0 or not a multiple of what kernels load at once: 16 bytes on CUDA, an element on the managed CPU.</exception>
        /// <exception cref="NotSupportedException">The element type is, or has, a <see cref="bool"/>, a <see cref="char"/> or a
        /// pointer.</exception>
        /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
        /// <example>
        /// <code>
        /// using System.Runtime.InteropServices;
        ///
        /// nint pointer = Marshal.AllocHGlobal(16 * 64 * sizeof(float));               // or a CUdeviceptr, or a cl_mem
        /// TensorView&lt;float> input = device.Wrap&lt;float>(pointer, [16, 64]);
        /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
        /// device.RmsNorm(input, weight, input);
        /// device.Synchronize();                                                       // before the memory is freed
        /// Marshal.FreeHGlobal(pointer);
        /// </code>
        /// </example>
        public TensorView<T> Wrap(nint pointer, TensorShape shape)
        {
            ArgumentNullException.ThrowIfNull(device);
            device.ThrowIfDisposed();
            TensorElement<T>.Check();
            if (shape.HasNegative)
                throw new ArgumentException($"The shape {shape} has a negative extent.", nameof(shape));
            if (!shape.TryCount(out long count) || count > LargestBuffer / Unsafe.SizeOf<T>())
                throw new ArgumentException($"The shape {shape} has more elements of {typeof(T).Name} than any memory.", nameof(shape));
            int alignment = PointerAlignment(device, Unsafe.SizeOf<T>());
            if (count > 0 && (pointer == 0 || pointer % alignment != 0))
            {
                throw new ArgumentException(
                    $"The pointer is {pointer:x}; it must not be 0, and a multiple of {alignment} on {DeviceChecks.Own(device)}.",
                    nameof(pointer));
            }

            var memory = new BorrowedMemory(device.Accelerator, pointer, count, Unsafe.SizeOf<T>());
            return new TensorView<T>(memory.AsArrayView<T>(0, count), shape);
        }

        /// <summary>Allocates a tensor and copies host elements into it.</summary>
        /// <param name="elements">The elements, last dimension innermost.</param>
        /// <param name="shape">The shape.</param>
        /// <param name="stream">The stream that the copy is queued on, and waited for; the device's default stream where
        /// <see langword="null"/>.</param>
        /// <returns>The tensor; the caller disposes it.</returns>
        /// <exception cref="ArgumentException">
        /// An extent is negative, the number of elements differs from the shape's, or the stream is of another device.
        /// </exception>
        /// <exception cref="DeviceFailedException">The driver refuses the copy.</exception>
        /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
        /// <exception cref="NotSupportedException">The element type is, or has, a <see cref="bool"/>, a <see cref="char"/> or a
        /// pointer.</exception>
        /// <exception cref="ObjectDisposedException">The device or the stream is disposed.</exception>
        /// <example>
        /// <code>
        /// float[] numbers = [1, 2, 3, 4, 5, 6];
        /// using Tensor&lt;float> rows = device.Upload(numbers.AsSpan(0, 4), [2, 2]);
        /// </code>
        /// </example>
        public Tensor<T> Upload(ReadOnlySpan<T> elements, TensorShape shape, AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(device);
            AcceleratorStream target = DeviceChecks.Stream(device, stream);
            if (!shape.TryCount(out long count) || elements.Length != count)
            {
                throw new ArgumentException(
                    $"{elements.Length} elements were given; the shape {shape} must have as many.", nameof(elements));
            }

            Tensor<T> tensor = device.Allocate<T>(shape);
            try
            {
                tensor.CopyFrom(elements, target);
                return tensor;
            }
            catch
            {
                tensor.Dispose();
                throw;
            }
        }

        /// <inheritdoc cref="Upload{T}(AttentionDevice, ReadOnlySpan{T}, TensorShape, AcceleratorStream?)"/>
        /// <exception cref="ArgumentNullException"><paramref name="elements"/> is <see langword="null"/>.</exception>
        public Tensor<T> Upload(T[] elements, TensorShape shape, AcceleratorStream? stream = null)
        {
            ArgumentNullException.ThrowIfNull(elements);
            return Upload(device, (ReadOnlySpan<T>)elements, shape, stream);
        }
    }

    // Kernels load 16 bytes at once from where memory begins. A handle has no alignment.
    private static int PointerAlignment(AttentionDevice device, int elementSize) => device.Description.Kind switch
    {
        DeviceKind.Cuda => 16,
        DeviceKind.Cpu when BitOperations.IsPow2(elementSize) => Math.Min(elementSize, sizeof(long)),
        _ => 1,
    };

    private static DeviceMemoryException Refusal(
        AttentionDevice device, TensorShape shape, Type element, string why, Exception? exception) => new(
            $"Memory for {shape} elements of {element.Name} could not be allocated on {DeviceChecks.Own(device)}: {why}. " +
            $"The device has {device.Description.Memory:N0} bytes, its largest buffer {device.Description.LargestBuffer:N0}.", exception);
}

/// <summary>A device, or the host memory beside it, has not enough room for an allocation. Nothing was allocated.</summary>
/// <param name="message">What was to be allocated, and where.</param>
/// <param name="innerException">The driver's own error, if there was one.</param>
public sealed class DeviceMemoryException(string message, Exception? innerException = null)
    : Exception(message, innerException);
