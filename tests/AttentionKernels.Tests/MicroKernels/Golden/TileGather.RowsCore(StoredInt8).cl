{
    // TileGather.RowsCore<StoredInt8>
    global char* source = (global char*)var0;
    global long* offsets = var1;
    global float* target = var2;
    const int targetStride = var3;
    const int rows = var4;
    const int count = var5;
    for (int row = 0; row < rows; row++) {
        const global char* s = source + offsets[row];
        global float* t = target + (long)row * targetStride;
        int i = 0;
        for (; i + 8 <= count; i += 8) vstore8(convert_float8(vload8(0, s + (i))), 0, t + i);
        for (; i < count; i++) t[i] = (float)(s)[i];
    }
}
