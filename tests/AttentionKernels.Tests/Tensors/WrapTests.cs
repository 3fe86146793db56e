using System.Runtime.InteropServices;
using AttentionKernels.Tests.Export;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Tensors;

/// <summary>Memory that the driver, or the process, has allocated without the library.</summary>
[Trait("Speed", "Quick")]
public class WrapTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Rows = 3;
    private const int Hidden = 20;

    [Theory, EachBackend]
    public void Foreign_memory_is_computed_with_in_place(Backend backend)
    {
        AttentionDevice device = Device(backend);
        float[] input = RandomData.Normal(1, Rows * Hidden);
        using Tensor<float> x = device.Upload(input, [Rows, Hidden]), expected = device.Allocate<float>([Rows, Hidden]);
        device.Softmax(x, expected);
        using var memory = new Foreign(backend, device.Accelerator, MemoryMarshal.AsBytes(input.AsSpan()).ToArray());

        TensorView<float> view = device.Wrap<float>(memory.Pointer, [Rows, Hidden]);
        device.Softmax(view, view);
        device.Synchronize();

        MemoryMarshal.Cast<byte, float>(memory.Read()).ToArray().Should().Equal(expected.ToArray());
        view.ToArray().Should().Equal(expected.ToArray());
    }

    [Theory, EachBackend]
    public void Foreign_memory_is_copied_and_sliced(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var memory = new Foreign(backend, device.Accelerator, new byte[Rows * Hidden * sizeof(int)]);
        TensorView<int> view = device.Wrap<int>(memory.Pointer, [Rows, Hidden]);
        int[] row = [.. Enumerable.Range(1, Hidden)];

        view.Slice(0, 1, 1).CopyFrom(row);

        int[] expected = [.. new int[Hidden], .. row, .. new int[Hidden]];
        MemoryMarshal.Cast<byte, int>(memory.Read()).ToArray().Should().Equal(expected);
        view.Slice(0, 1, 1).ToArray().Should().Equal(row);
        view.Slice(0, 1, 2).ToArray().Should().Equal([.. row, .. new int[Hidden]]);
    }

    [Theory, EachBackend]
    public void Overlaps_of_foreign_memory_are_refused_and_nothing_is_freed(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var memory = new Foreign(backend, device.Accelerator, new byte[Rows * Hidden * sizeof(float)]);
        TensorView<float> view = device.Wrap<float>(memory.Pointer, [Rows, Hidden]);

        Action overlapping = () => device.Softmax(view.Slice(0, 0, 2), view.Slice(0, 1, 2));

        overlapping.Should().Throw<ArgumentException>().WithMessage("*overlaps*");
        Forget(device, memory.Pointer);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        memory.Read().Should().HaveCount(Rows * Hidden * sizeof(float), "the memory is its owner's to free");
    }

    [Theory, EachBackend]
    public void Pointers_that_kernels_cannot_take_are_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        Action nothing = () => device.Wrap<float>(0, [1]);
        Action crooked = () => device.Wrap<float>(4097, [1]);

        nothing.Should().Throw<ArgumentException>().WithMessage("*pointer*");
        device.Wrap<float>(0, [0, 3]).ToArray().Should().BeEmpty();
        if (backend != Backend.OpenCl)
            crooked.Should().Throw<ArgumentException>().WithMessage("*1001*multiple*");
    }

    private static void Forget(AttentionDevice device, nint pointer) => device.Wrap<float>(pointer, [Rows, Hidden]).Slice(0, 0, 1);

    // Memory of the backend's own kind.
    private sealed unsafe class Foreign : IDisposable
    {
        private const int Alignment = 64;

        private readonly Backend _backend;
        private readonly Accelerator _accelerator;
        private readonly int _length;

        public Foreign(Backend backend, Accelerator accelerator, byte[] content)
        {
            _backend = backend;
            _accelerator = accelerator;
            _length = content.Length;
            switch (backend)
            {
                case Backend.Cuda:
                    Pointer = CudaDriver.Allocate(accelerator, content);
                    break;
                case Backend.OpenCl:
                    Pointer = OpenClDriver.Allocate(accelerator, content);
                    break;
                default:
                    Pointer = (nint)NativeMemory.AlignedAlloc((nuint)content.Length, Alignment);
                    Marshal.Copy(content, 0, Pointer, content.Length);
                    break;
            }
        }

        public nint Pointer { get; }

        public byte[] Read()
        {
            switch (_backend)
            {
                case Backend.Cuda:
                    return CudaDriver.Read(_accelerator, Pointer, _length);
                case Backend.OpenCl:
                    return OpenClDriver.Read(_accelerator, Pointer, _length);
                default:
                    var content = new byte[_length];
                    Marshal.Copy(Pointer, content, 0, _length);
                    return content;
            }
        }

        public void Dispose()
        {
            if (_backend == Backend.Cuda)
                CudaDriver.Free(_accelerator, Pointer);
            else if (_backend == Backend.OpenCl)
                OpenClDriver.Free(Pointer);
            else
                NativeMemory.AlignedFree((void*)Pointer);
        }
    }
}
