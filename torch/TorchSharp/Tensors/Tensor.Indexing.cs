using System.Runtime.CompilerServices;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => select(0, i1);
            set => index_put_(value, [i1]);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index([i1, i2]);
            set => index_put_(value, [i1, i2]);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index([i1, i2, i3]);
            set => index_put_(value, [i1, i2, i3]);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index([i1, i2, i3, i4]);
            set => index_put_(value, [i1, i2, i3, i4]);
        }

        public Tensor index(params TensorIndex[] indices)
        {
            (Tensor view, Tensor?[]? tensors) = View(indices);
            if (tensors is null)
            {
                return ReferenceEquals(view, this) ? alias() : view;
            }

            NoteHiddenRead(tensors);
            Tensor picked = Aten.IndexTensor.Call(view, Argument.OptionalTensors(tensors));
            Discard(view);
            return picked;
        }

        public Tensor index(params Tensor[] indices) => index(Array.ConvertAll(indices, TensorIndex.Tensor));

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            (Tensor view, Tensor?[]? tensors) = View(indices);
            if (tensors is not null)
            {
                NoteHiddenRead(tensors);
                Aten.IndexPutInPlace.CallInPlace(view, Argument.OptionalTensors(tensors), value, accumulate);
            }
            else if (accumulate)
            {
                view.add_(value);
            }
            else
            {
                view.copy_(value);
            }

            Discard(view);
            return this;
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor), false);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using Tensor filler = full([], value, dtype, device);
            return index_put_(filler, indices, false);
        }

        public Tensor index_select(long dim, Tensor index) => Aten.IndexSelect.Call(this, dim, index);

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => Aten.IndexAddInPlace.CallInPlace(this, dim, index, source, alpha);

        public Tensor index_copy_(long dim, Tensor index, Tensor source) => Aten.IndexCopyInPlace.CallInPlace(this, dim, index, source);

        public Tensor index_fill_(long dim, Tensor index, Scalar value) => Aten.IndexFillIntScalarInPlace.CallInPlace(this, dim, index, value);

        public Tensor gather(long dim, Tensor index) => Aten.Gather.Call(this, dim, index);

        public Tensor scatter(long dim, Tensor index, Tensor src) => Aten.ScatterSrc.Call(this, dim, index, src);

        public Tensor scatter_(long dim, Tensor index, Tensor src) => Aten.ScatterSrcInPlace.CallInPlace(this, dim, index, src);

        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => Aten.ScatterAddInPlace.CallInPlace(this, dim, index, src);

        public Tensor masked_fill(Tensor mask, Scalar value) => Aten.MaskedFillScalar.Call(this, mask, value);

        public Tensor masked_fill_(Tensor mask, Scalar value) => Aten.MaskedFillScalarInPlace.CallInPlace(this, mask, value);

        /// <summary>The elements that a mask picks: the host waits for their number.</summary>
        public Tensor masked_select(Tensor mask)
        {
            HostReads.Note();
            return Aten.MaskedSelect.Call(this, mask);
        }

        /// <summary>Where the elements that are not zero are: the host waits for their number.</summary>
        public Tensor nonzero()
        {
            HostReads.Note();
            return Aten.Nonzero.Call(this);
        }

        /// <summary>This tensor's elements where the condition holds, else the other's.</summary>
        public Tensor where(Tensor condition, Tensor y) => torch.where(condition, this, y);

        // A mask's result is as long as the mask has ones, for which the host must wait.
        private static void NoteHiddenRead(Tensor?[] tensors)
        {
            if (Array.Exists(tensors, tensor => tensor is not null && IsMask(tensor)))
            {
                HostReads.Note();
            }
        }

        // Applies what makes a view, entry by entry. What is left are the index tensors by dimension of that view, null without any.
        private (Tensor View, Tensor?[]? Tensors) View(TensorIndex[] indices)
        {
            long consumed = indices.Sum(index => index.Kind switch
            {
                TensorIndexKind.Single or TensorIndexKind.Slice => 1,
                TensorIndexKind.Tensor => WidthOf(index.Indices!),
                _ => 0,
            });
            if (consumed > Dimensions)
            {
                throw new System.Runtime.InteropServices.ExternalException($"too many indices for tensor of dimension {Dimensions}");
            }

            Tensor view = this;
            List<Tensor?>? tensors = null;
            // A mask stands for several dimensions of the view and for one place in libtorch's list.
            int dimension = 0;
            int place = 0;
            foreach (TensorIndex index in indices)
            {
                switch (index.Kind)
                {
                    case TensorIndexKind.Single:
                        Advance(view.select(dimension, index.Start ?? 0));
                        break;
                    case TensorIndexKind.Slice:
                        if (index.Start is not null || index.Stop is not null || index.Step is not null)
                        {
                            Advance(Aten.SliceTensor.Call(view, dimension, index.Start, index.Stop, index.Step ?? 1));
                        }

                        Skip(1);
                        break;
                    case TensorIndexKind.Ellipsis:
                        Skip((int)(Dimensions - consumed));
                        break;
                    case TensorIndexKind.NewDimension:
                        Advance(view.unsqueeze(dimension));
                        Skip(1);
                        break;
                    case TensorIndexKind.Tensor:
                        tensors ??= [];
                        tensors.AddRange(new Tensor?[place - tensors.Count]);
                        tensors.Add(index.Indices);
                        dimension += WidthOf(index.Indices!);
                        place++;
                        break;
                }
            }

            return (view, tensors?.ToArray());

            void Advance(Tensor next)
            {
                Discard(view);
                view = next;
            }

            void Skip(int dimensions)
            {
                dimension += dimensions;
                place += dimensions;
            }
        }

        // How many dimensions an index tensor consumes.
        private static int WidthOf(Tensor indices) => IsMask(indices) ? (int)indices.Dimensions : 1;

        private static bool IsMask(Tensor indices) => indices.dtype is ScalarType.Bool or ScalarType.Byte;

        private void Discard(Tensor view)
        {
            if (!ReferenceEquals(view, this))
            {
                view.Dispose();
            }
        }
    }

    public static Tensor index_select(Tensor input, long dim, Tensor index) => input.index_select(dim, index);

    public static Tensor gather(Tensor input, long dim, Tensor index) => input.gather(dim, index);

    public static Tensor scatter(Tensor input, long dim, Tensor index, Tensor src) => input.scatter(dim, index, src);

    public static Tensor masked_select(Tensor input, Tensor mask) => input.masked_select(mask);

    public static Tensor nonzero(Tensor input) => input.nonzero();
}
